/** Request headers by lower-case name, each with its values in order; `-bin` values are bytes. */
export type Headers = Readonly<Record<string, readonly (string | Buffer)[] | undefined>>;

/** The first value of a header, undefined if it was not sent. */
export function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name]?.[0];
  return typeof value === 'string' ? value : undefined;
}
