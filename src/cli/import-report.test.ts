import type { ImportFault } from '../index.js';
import { ImportReport, type Fault } from './import-report.js';

function reportInto(faults: Fault[], keepsSource = true): ImportReport {
  return new ImportReport(async (found) => {
    faults.push(...found);
  }, keepsSource);
}

function faultAt(index: number): ImportFault {
  return { index, code: 3, message: `fault ${index}`, violations: [] };
}

async function read(report: ImportReport, count: number, start = 0): Promise<void> {
  for (let index = start; index < start + count; index += 1) {
    const person = { name: `Person ${index}` };
    await report.addPerson({ line: index + 2, source: `source ${index}`, person });
  }
}

it('finds the faults of the server in the file', async () => {
  const faults: Fault[] = [];
  const report = reportInto(faults);
  await read(report, 3);
  const violations = [{ field: 'email', description: 'must have one @' }];
  await report.addServerFaults([faultAt(0), { ...faultAt(2), violations }]);
  expect(faults).toEqual([
    {
      line: 2,
      name: 'Person 0',
      source: 'source 0',
      problems: [{ field: '', description: 'fault 0' }],
    },
    { line: 4, name: 'Person 2', source: 'source 2', problems: violations },
  ]);
  expect(report.faulty).toBe(2);
});

it('reports the faults of an earlier call when their people are read', async () => {
  const faults: Fault[] = [];
  const report = reportInto(faults);
  await report.addServerFaults([faultAt(1), faultAt(3)]);
  report.commit(4);
  await read(report, 2);
  expect(faults.map(({ name }) => name)).toEqual(['Person 1']);
  await read(report, 2, 2);
  expect(faults.map(({ name }) => name)).toEqual(['Person 1', 'Person 3']);
});

it('reports a fault once, also when the server does again', async () => {
  const faults: Fault[] = [];
  const report = reportInto(faults);
  await read(report, 2);
  await report.addServerFaults([faultAt(0)]);
  report.commit(2);
  await report.addServerFaults([faultAt(0)]);
  await read(report, 2, 2);
  expect(faults).toHaveLength(1);
});

it('keeps texts only if they are needed', async () => {
  const faults: Fault[] = [];
  const report = reportInto(faults, false);
  await read(report, 1);
  await report.addServerFaults([faultAt(0)]);
  expect(faults[0]?.source).toBe('');
});

it('counts parts of the file that are not people, without a place in the import', async () => {
  const faults: Fault[] = [];
  const report = reportInto(faults);
  const problems = [{ field: '', description: 'is not valid JSON' }];
  await report.addFault({ line: 1, source: '{', problems });
  await read(report, 1);
  await report.addServerFaults([faultAt(0)]);
  expect(faults.map(({ line }) => line)).toEqual([1, 2]);
  expect(report.faulty).toBe(2);
});
