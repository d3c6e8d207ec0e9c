interface Stored {
  id: number;
  email: string;
}

/** People and users in Maps, as a hand-written server would keep them. */
export interface MapDirectory<Person, User> {
  readonly people: ReadonlyMap<number, Person>;
  findPerson(key: Stored): Person | undefined;
  record(person: Person): void;
  /** Returns false if the email is taken. */
  add(user: User): boolean;
  findUserById(id: number): User | undefined;
  findUserByEmail(email: string): User | undefined;
}

export function createMapDirectory<Person extends Stored, User extends Stored>(): MapDirectory<
  Person,
  User
> {
  const people = new Map<number, Person>();
  const peopleByEmail = new Map<string, Person>();
  const users = new Map<number, User>();
  const usersByEmail = new Map<string, User>();
  let lastPersonId = 0;

  return {
    people,
    findPerson: ({ id, email }) => (id > 0 ? people.get(id) : peopleByEmail.get(email)),
    record(person) {
      if (person.id === 0) person.id = lastPersonId + 1;
      lastPersonId = Math.max(lastPersonId, person.id);
      people.set(person.id, person);
      peopleByEmail.set(person.email, person);
    },
    add(user) {
      if (usersByEmail.has(user.email)) return false;
      user.id = users.size + 1;
      users.set(user.id, user);
      // Any number of users may have no email.
      if (user.email !== '') usersByEmail.set(user.email, user);
      return true;
    },
    findUserById: (id) => users.get(id),
    findUserByEmail: (email) => usersByEmail.get(email),
  };
}
