/** What a caller of the directory may be allowed to do. No scope contains another. */
export const SCOPES = [
  'people:read',
  'people:write',
  'users:read',
  'users:write',
  'admin',
] as const;

/** One of the scopes. */
export type Scope = (typeof SCOPES)[number];
