import type { MessageType } from './definition.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The default of each field of a message, and so the types of its scalars. ts-proto generates no
 * descriptors, so they are learned from examples, once for each nested message.
 */
export class MessageDefaults {
  readonly values: Fields;
  readonly #make: (value: unknown) => unknown;
  readonly #nested: Record<string, MessageDefaults | undefined> = {};

  /** `make` returns the message that `fromPartial` makes of a partial one. */
  constructor(make: (value: unknown) => unknown) {
    this.#make = make;
    this.values = make({}) as Fields;
  }

  /** The defaults of the message, or of each message, in that field; undefined for other fields. */
  nested(name: string): MessageDefaults | undefined {
    const known = this.#nested[name];
    if (known !== undefined) return known;
    // A map has any names as its fields, which must not fill the memory.
    if (name in this.#nested || !Object.hasOwn(this.values, name)) return undefined;
    return (this.#nested[name] = this.#learn(name));
  }

  #learn(name: string): MessageDefaults | undefined {
    const isRepeated = Array.isArray(this.values[name]);
    const make = (value: unknown): unknown => {
      const field = (this.#make({ [name]: isRepeated ? [value] : value }) as Fields)[name];
      return isRepeated ? (field as readonly unknown[])[0] : field;
    };
    // A message is copied field by field; other values are taken as they are, or dropped.
    const example = {};
    const made = make(example);
    return typeof made === 'object' && made !== example ? new MessageDefaults(make) : undefined;
  }
}

/** The defaults of a message. */
export function defaultsOf(type: MessageType): MessageDefaults {
  return new MessageDefaults((value) => type.fromPartial(value as never));
}
