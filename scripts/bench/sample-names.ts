import { Person, PhoneType } from '../../gen/personguide/person_guide.js';

const FIRST_NAMES =
  `María Juan Gabriel Ana José Lucía Carlos Sofía Miguel Laura Pedro Elena Diego Paula Jorge Marta
  Daniel Julia Andrés Carmen Pablo Isabel Luis Clara Martín Rosa Javier Irene Sergio Teresa Thomas
  Anna Peter Katharina Jürgen Sabine Stefan Monika Wolfgang Ursula Michael Susanne Andreas Petra
  Jean Claire Pierre Camille Nicolas Élodie François Margaux Antoine Céline James Emily William
  Charlotte Oliver Amelia George Isla Harry Grace Liam Emma Noah Olivia Ethan Ava Mason Mia Giulia
  Marco Francesca Luca Chiara Matteo Søren Astrid Bjørn Ingrid Łukasz Agnieszka Piotr Zofia Marek
  Katarzyna João Beatriz Tiago Inês Gabriela Fernanda Rodrigo Valentina Santiago Camila Mateo
  Mehmet Ayşe Mustafa Zeynep Hiroshi Yuki Kenji Sakura Wei Mei Raj Priya Arjun Ananya`.split(/\s+/);

const LAST_NAMES =
  `García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Martín Müller Schmidt
  Schneider Fischer Weber Meyer Wagner Becker Hoffmann Schulz Smith Jones Taylor Brown Williams
  Wilson Johnson Davies Robinson Wright Dubois Moreau Laurent Lefebvre Roux Rossi Russo Ferrari
  Esposito Bianchi Nowak Kowalski Wiśniewski Silva Santos Oliveira Pereira Costa Yılmaz Kaya Demir
  Hansen Johansson Andersson Nielsen Kumar Sharma Singh Patel Tanaka Suzuki Watanabe Chen Wang`.split(
    /\s+/,
  );

/** Together they are the many names that few people have. */
const STARTS =
  `Al Bar Ber Bran Cal Cas Cor Dal Del Dor Fal Far Fen Gal Gar Gil Hal Har Hol Kal Kel Kir Lam Lan
  Lor Mal Mar Mel Mon Nar Nor Os Pal Par Pel Quin Ral Ram Ros Sal San Sel Tal Tor Val Var Vel Vil
  Wal Zam`.split(/\s+/);
const ENDS =
  `aldi ano arez ari bach berg bert bosa borg cardi cott dana derson dini dorf drich emann enco
  ford gano gard ger grave hardt holm ieri ikov ingham insky kamp land lova man mira mont nandez
  nelli ova quist ra rano rell sen sson stein strom ton vedo ville win`.split(/\s+/);

const ORGANIZATIONS = ['Acme', 'Norte Seguros', 'Bergwerk', 'Studio 54', 'Lumen Energía'];
const DOMAINS = ['example.org', 'example.com', 'mail.example.net', 'correo.example.es'];

/** The name of a person, and the words in it of which a search is made. */
export interface SampleName {
  readonly name: string;
  readonly first: string;
  readonly last: string;
}

/**
 * The name of that number, the same in every run. Some words are common, and most last names rare;
 * hardly any two people have the same name.
 */
export function sampleName(number: number): SampleName {
  const random = randomOf(number);
  const first = pick(FIRST_NAMES, random() ** 2);
  const second = random() < 0.6 ? `${pick(FIRST_NAMES, random())} ` : '';
  const lastName = (): string =>
    random() < 0.3
      ? pick(LAST_NAMES, random() ** 2)
      : pick(STARTS, random()) + pick(ENDS, random());
  const last = lastName();
  return { first, last, name: `${first} ${second}${last} ${lastName()}` };
}

/** The person of that id, with the name of that number. */
export function namedPerson(id: number): Person {
  const { name, first, last } = sampleName(id);
  const plain = `${first}.${last}`
    .normalize('NFKD')
    .replace(/[^a-z.]/gi, '')
    .toLowerCase();
  return Person.fromPartial({
    id,
    name,
    email: `${plain}.${id}@${pick(DOMAINS, (id % 7) / 7)}`,
    phones: [{ number: `+54 11 ${4_000_000 + (id % 999_983)}`, type: PhoneType.MOBILE }],
    organization: id % 5 === 0 ? pick(ORGANIZATIONS, (id % 11) / 11) : '',
  });
}

function pick(list: readonly string[], part: number): string {
  return list[Math.floor(part * list.length)] ?? '';
}

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
