// Imports people in a process of its own: `node import-client.js ADDRESS COUNT IMPORT_ID`.
// Prints a line of JSON for each batch with its faults, and one with the summary.
import { connect, type PersonInput } from '../index.js';
import { isFaulty } from './import-trial.js';

function* people(count: number): Generator<PersonInput> {
  for (let at = 0; at < count; at += 1) {
    yield isFaulty(at)
      ? { name: `Person ${at}`, email: 'not an email' }
      : {
          name: `Person ${at}`,
          email: `person.${at}@example.org`,
          phones: [{ number: `+49 30 ${at}` }],
        };
  }
}

async function main([address = '', count, importId = '']: string[]): Promise<void> {
  await using directory = connect(address, { timeoutMs: 60_000 });
  let maxResidentBytes = 0;
  const summary = await directory.people.importPeople(people(Number(count)), {
    importId,
    onProgress: ({ committed }) => {
      maxResidentBytes = Math.max(maxResidentBytes, process.memoryUsage.rss());
      print({ committed });
    },
    onFaults: (faults) => {
      print({ faults: faults.map(({ index }) => index) });
    },
  });
  print({ summary: { ...summary, faults: [] }, maxResidentBytes });
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

void main(process.argv.slice(2));
