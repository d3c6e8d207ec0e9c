// A plain node:http server that answers GetPhone and ListPersons with the same JSON, from a Map.
// Run as `node json-http.js PORT PEOPLE`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Person, PhoneType, type PhoneNumber } from '../../../gen/personguide/person_guide.js';
import { samplePerson } from '../sample-data.js';

/** A person as JSON: enum values by name, defaults left out. */
interface JsonPerson {
  readonly id: number;
  readonly phones: readonly object[];
}

const people = new Map<number, JsonPerson>();
for (let id = 1; id <= Number(process.argv[3]); id += 1) people.set(id, jsonOf(id));

function jsonOf(id: number): JsonPerson {
  const { name, email, phones, adresses } = Person.fromPartial(samplePerson(id));
  return { name, id, email, phones: phones.map(phoneOf), adresses } as JsonPerson;
}

function phoneOf({ number, type }: PhoneNumber): object {
  return type === PhoneType.MOBILE ? { number } : { number, type: PhoneType[type] };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url?.endsWith('/ListPersons') === true) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const person of people.values()) response.write(`${JSON.stringify(person)}\n`);
    response.end();
    return;
  }
  const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number };
  const body = JSON.stringify(people.get(id)?.phones[0] ?? {});
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

createServer((request, response) => {
  void answer(request, response);
}).listen(Number(process.argv[2]), '127.0.0.1');
