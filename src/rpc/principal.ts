/** Who makes a call, as access control has found out. */
export interface Principal {
  /** How the caller proved it: by a signed token, a certificate, or a key that the store knows. */
  readonly kind: 'jwt' | 'mtls' | 'key';
  /** Identifies it among those of its kind: the `sub` of a token, the name in a certificate, the id of a key. */
  readonly subject: string;
  /** What people call it, such as the name of a key; otherwise the subject. */
  readonly name: string;
  /** What it may do. */
  readonly scopes: ReadonlySet<string>;
}
