import { HealthDefinition } from '../../gen/grpc/health/v1/health.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { repeatOf } from './safe-methods.js';

const declared = [
  [PersonGuideDefinition.methods.getPhone, 'freely'],
  [PersonGuideDefinition.methods.listPersons, 'freely'],
  [PersonGuideDefinition.methods.recordPersons, 'with-key'],
  [UserServiceDefinition.methods.addUser, 'with-key'],
  [UserServiceDefinition.methods.getUser, 'freely'],
  [UserServiceDefinition.methods.findUser, 'freely'],
  [HealthDefinition.methods.check, 'freely'],
] as const;

it.each(declared.map(([{ name, options }, repeat]) => ({ name, options, repeat })))(
  '$name may be repeated $repeat',
  ({ options, repeat }) => {
    expect(repeatOf(options)).toBe(repeat);
  },
);

it('a method whose proto says nothing is never repeated', () => {
  expect(repeatOf({})).toBe('never');
  expect(repeatOf({ idempotencyLevel: 'IDEMPOTENCY_UNKNOWN' })).toBe('never');
});
