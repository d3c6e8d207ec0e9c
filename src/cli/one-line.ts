/** The text on one line: line breaks and other control characters become spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** What is said about at most this many fields; the rest is counted. */
const MAX_FIELDS = 10;

/** Joins refused fields for one line: `people[3].email: must have one @; id: must be ...`. */
export function fieldsLine(
  fields: readonly { readonly field: string; readonly description: string }[],
): string {
  const shown = fields
    .slice(0, MAX_FIELDS)
    .map(({ field, description }) => (field === '' ? description : `${field}: ${description}`));
  const rest = fields.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
