/** Adds a label, unless it is blank or there already, compared as the server does. */
export function addLabel(labels: string[], label: string): void {
  const isNew = !labels.some((known) => keyOf(known) === keyOf(label));
  if (label.trim() !== '' && isNew) labels.push(label);
}

/** What labels are compared by: without white space around them, and without regard to case. */
export function keyOf(label: string): string {
  return label.trim().toLowerCase();
}
