/** Replaces line breaks and other control characters by spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** More fields are only counted: `and 3 more`. */
const MAX_FIELDS = 10;

/** Joins invalid fields to one line: `people[3].email: must have one @; id: must be ...`. */
export function fieldsLine(
  fields: readonly { readonly field: string; readonly description: string }[],
): string {
  const shown = fields
    .slice(0, MAX_FIELDS)
    .map(({ field, description }) => (field === '' ? description : `${field}: ${description}`));
  const rest = fields.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
