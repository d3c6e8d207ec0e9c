import { connect } from '../index.js';
import { connectReferences } from '../test-support/attacks/header-floods.js';
import { startServerProcess } from '../test-support/program.js';

it('goes on after it has closed a connection with responses that were not sent yet', async () => {
  // In a process of its own: where this fails, its event loop never gets to another turn.
  await using server = await startServerProcess(['--store', ':memory:', '--demo']);
  using connection = await connectReferences(server.address, { requests: 100 });
  await using directory = connect(server.address, { retry: false, timeoutMs: 10_000 });
  expect((await directory.people.getPhone({ id: 1 })).number).toBe('1234');
  await connection.closed;
  await server.kill('SIGTERM');
});
