import { Observable } from '../observable.js';

/** What the page shows. */
export type Route =
  | { readonly view: 'people'; readonly id?: number; readonly mode?: 'edit' | 'new' }
  | { readonly view: 'users' }
  | { readonly view: 'server' };

/** Reads the part of an address behind `#`. */
export function routeOf(hash: string): Route {
  const [view, id, mode] = hash.replace(/^#?\/?/, '').split('/');
  if (view === 'users' || view === 'server') return { view };
  if (id === 'new') return { view: 'people', mode: 'new' };
  if (id === undefined || !/^[1-9]\d{0,9}$/.test(id)) return { view: 'people' };
  return mode === 'edit'
    ? { view: 'people', id: Number(id), mode: 'edit' }
    : { view: 'people', id: Number(id) };
}

/** Writes the part of an address behind `#`. */
export function hashOf(route: Route): string {
  if (route.view !== 'people') return `#/${route.view}`;
  if (route.mode === 'new') return '#/people/new';
  if (route.id === undefined) return '#/people';
  return `#/people/${route.id}${route.mode === 'edit' ? '/edit' : ''}`;
}

/** What the address of the page says, so that links and the buttons of the browser work. */
export class Router extends Observable {
  #route = routeOf(location.hash);

  constructor() {
    super();
    addEventListener('hashchange', () => {
      this.#route = routeOf(location.hash);
      this.changed();
    });
  }

  get route(): Route {
    return this.#route;
  }

  go(route: Route): void {
    location.hash = hashOf(route);
  }

  /** Goes there in the place of what is shown. */
  replace(route: Route): void {
    location.replace(hashOf(route));
  }
}
