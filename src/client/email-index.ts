/**
 * Finds ids by email in little memory: it has a hash of each email instead of the email, so idsOf()
 * may also return ids of people with other emails.
 */
export class EmailIndex {
  /** Most hashes have one id, and a Set would take more memory. */
  readonly #ids = new Map<number, number | Set<number>>();

  /** In ascending order; the caller compares the emails of each. */
  idsOf(email: string): readonly number[] {
    const ids = this.#ids.get(hashOf(email)) ?? [];
    return typeof ids === 'number' ? [ids] : [...ids].sort((a, b) => a - b);
  }

  add(id: number, emails: readonly string[]): void {
    for (const hash of emails.map(hashOf)) {
      const known = this.#ids.get(hash) ?? id;
      if (typeof known !== 'number') known.add(id);
      else this.#ids.set(hash, known === id ? id : new Set([known, id]));
    }
  }

  remove(id: number, emails: readonly string[]): void {
    for (const hash of emails.map(hashOf)) {
      const known = this.#ids.get(hash);
      if (known === id || (known instanceof Set && known.delete(id) && known.size === 0)) {
        this.#ids.delete(hash);
      }
    }
  }
}

/** FNV-1a in 31 bits, which V8 keeps without an object of their own. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 2;
}
