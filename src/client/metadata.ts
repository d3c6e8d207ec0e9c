import { Metadata } from '@grpc/grpc-js';

type Value = string | Uint8Array;

/** Metadata to send: lower-case names; values of names that end in `-bin` are bytes. */
export type MetadataInit = Readonly<Record<string, Value | readonly Value[] | undefined>>;

/** Metadata as received: every name with all its values, in order. */
export type ReceivedMetadata = Readonly<Record<string, readonly (string | Buffer)[]>>;

/** Adds to `metadata`, replacing values of the same names. Throws a TypeError for invalid ones. */
export function setMetadata(metadata: Metadata, init: MetadataInit): Metadata {
  for (const [name, value] of Object.entries(init)) {
    if (value === undefined) continue;
    metadata.remove(name);
    const values = (Array.isArray(value) ? value : [value]) as readonly Value[];
    for (const each of values) add(metadata, name, each);
  }
  return metadata;
}

function add(metadata: Metadata, name: string, value: Value): void {
  try {
    metadata.add(name, typeof value === 'string' ? value : Buffer.from(value));
  } catch (cause) {
    // The message does not contain the value, which may be a secret.
    throw new TypeError(
      `metadata ${JSON.stringify(name)} has a name or value that cannot be sent`,
      { cause },
    );
  }
}

/** A plain copy of received metadata. */
export function toPlain(metadata: Metadata): ReceivedMetadata {
  const plain: Record<string, readonly (string | Buffer)[]> = {};
  for (const name of Object.keys(metadata.getMap())) plain[name] = metadata.get(name);
  return plain;
}
