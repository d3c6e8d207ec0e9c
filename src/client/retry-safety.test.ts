import { HealthDefinition } from '../../gen/grpc/health/v1/health.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { retrySafetyOf } from './retry-safety.js';

const declared = [
  [PersonGuideDefinition.methods.getPhone, 'always'],
  [PersonGuideDefinition.methods.listPersons, 'always'],
  [PersonGuideDefinition.methods.recordPersons, 'with-key'],
  [UserServiceDefinition.methods.addUser, 'with-key'],
  [UserServiceDefinition.methods.getUser, 'always'],
  [UserServiceDefinition.methods.findUser, 'always'],
  [HealthDefinition.methods.check, 'always'],
] as const;

it.each(declared.map(([{ name, options }, safety]) => ({ name, options, safety })))(
  '$name may be retried: $safety',
  ({ options, safety }) => {
    expect(retrySafetyOf(options)).toBe(safety);
  },
);

it('never retries a method whose proto has no idempotency level', () => {
  expect(retrySafetyOf({})).toBe('never');
  expect(retrySafetyOf({ idempotencyLevel: 'IDEMPOTENCY_UNKNOWN' })).toBe('never');
});
