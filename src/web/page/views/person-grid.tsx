import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { PersonOrder } from '../../../../gen/personguide/person_guide.js';
import type { Row, Rows } from '../list/rows.js';
import { ScrollScale } from '../list/scroll-scale.js';
import { agoText, initialsOf, tintOf } from './texts.js';
import { useObserved } from './use-observed.js';

/** The height of a row; the style sheet has it, too. */
const ROW_PX = 56;
/** Rows that are drawn above and below the view, so that scrolling does not show a gap. */
const AROUND_ROWS = 8;
/** When nothing has been scrolled for this time, the scroll bar is put where it belongs. */
const SETTLE_MS = 150;

interface GridProps {
  readonly rows: Rows;
  /** Undefined while the order is that of a search. */
  readonly order: PersonOrder | undefined;
  readonly onOrder: (order: PersonOrder) => void;
  readonly selectedId: number | undefined;
  readonly onOpen: (id: number) => void;
  readonly onDelete: (row: Row) => void;
  readonly label: string;
}

const columns = [
  { key: 'name', title: 'Name', order: PersonOrder.PERSON_ORDER_NAME, sorted: 'ascending' },
  { key: 'contact', title: 'Contact', order: undefined, sorted: undefined },
  {
    key: 'changed',
    title: 'Changed',
    order: PersonOrder.PERSON_ORDER_LAST_UPDATED,
    sorted: 'descending',
  },
  { key: 'id', title: 'ID', order: PersonOrder.PERSON_ORDER_ID, sorted: 'ascending' },
] as const;

/** A list of any number of people, of which only those in sight are drawn. */
export function PersonGrid(props: GridProps): JSX.Element {
  const { rows, order, onOrder, selectedId, onOpen, onDelete, label } = props;
  useObserved(rows);
  const view = useRef<HTMLDivElement>(null);
  const scale = useRef(new ScrollScale()).current;
  const [viewPx, setViewPx] = useState(600);
  const [, draw] = useState(0);
  const [active, setActive] = useState(0);
  const { count } = rows;
  scale.resize(count * ROW_PX, viewPx);

  const seen = {
    first: Math.floor(scale.contentTop / ROW_PX),
    last: Math.ceil((scale.contentTop + viewPx) / ROW_PX),
  };
  const first = Math.max(0, seen.first - AROUND_ROWS);
  const last = Math.min(count - 1, seen.last + AROUND_ROWS);

  useEffect(() => {
    rows.show(seen.first, seen.last);
  }, [rows, seen.first, seen.last, rows.isLoading]);

  useLayoutEffect(() => {
    const element = view.current;
    if (element === null) return undefined;
    const measure = (): void => {
      setViewPx(element.clientHeight - headPx(element));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  useEffect(() => {
    // Another order or search begins at its top.
    setActive(0);
    const element = view.current;
    if (element === null) return;
    element.scrollTop = scale.goTo(0);
  }, [rows, order]);

  useScrolling(view, scale, () => {
    draw((drawn) => drawn + 1);
  });

  const goTo = useCallback(
    (row: number) => {
      const target = Math.max(0, Math.min(count - 1, row));
      setActive(target);
      const element = view.current;
      if (element === null) return;
      const top = target * ROW_PX;
      const height = element.clientHeight - headPx(element);
      if (top < scale.contentTop) {
        element.scrollTop = scale.goTo(top);
      } else if (top + ROW_PX > scale.contentTop + height) {
        element.scrollTop = scale.goTo(top + ROW_PX - height);
      }
      draw((drawn) => drawn + 1);
    },
    [count, scale],
  );

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== view.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(viewPx / ROW_PX) - 1);
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    };
    const target = targets[event.key];
    const row = rows.at(active);
    if (target !== undefined) goTo(target);
    else if (event.key === 'Enter' && row !== undefined) onOpen(row.person.id);
    else if (event.key === 'Delete' && row !== undefined) onDelete(row);
    else return;
    event.preventDefault();
  };

  const drawn = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  const isActiveDrawn = active >= first && active <= last;
  return (
    <div
      ref={view}
      class="grid"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.isOpenEnded ? -1 : count + 1}
      aria-colcount={columns.length}
      aria-busy={rows.isLoading}
      aria-activedescendant={isActiveDrawn && count > 0 ? `row-${active}` : undefined}
      onKeyDown={onKeyDown}
    >
      <GridHead order={order} onOrder={onOrder} />
      <div class="grid-body" role="rowgroup" style={{ height: `${scale.scrollPx}px` }}>
        {drawn.map((row) => (
          <GridRow
            key={row}
            row={row}
            top={row * ROW_PX + scale.offset}
            found={rows.at(row)}
            isActive={row === active}
            selectedId={selectedId}
            onOpen={(id) => {
              setActive(row);
              onOpen(id);
            }}
          />
        ))}
      </div>
    </div>
  );
}

function headPx(element: HTMLElement): number {
  return element.firstElementChild instanceof HTMLElement
    ? element.firstElementChild.offsetHeight
    : 0;
}

/** Draws what has been scrolled to, and puts the scroll bar where it belongs afterwards. */
function useScrolling(
  view: { readonly current: HTMLDivElement | null },
  scale: ScrollScale,
  draw: () => void,
): void {
  useEffect(() => {
    const element = view.current;
    if (element === null) return undefined;
    let settling: ReturnType<typeof setTimeout> | undefined;
    const onScroll = (): void => {
      scale.scrolledTo(element.scrollTop);
      draw();
      clearTimeout(settling);
      settling = setTimeout(() => {
        const top = scale.goTo(scale.contentTop);
        if (Math.abs(top - element.scrollTop) > 1) {
          element.scrollTop = top;
          draw();
        }
      }, SETTLE_MS);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(settling);
      element.removeEventListener('scroll', onScroll);
    };
  }, []);
}

function GridHead({ order, onOrder }: Pick<GridProps, 'order' | 'onOrder'>): JSX.Element {
  return (
    <div class="grid-head" role="rowgroup">
      <div class="grid-row" role="row" aria-rowindex={1}>
        {columns.map((column, index) => (
          <div
            key={column.key}
            class={`cell ${column.key}`}
            role="columnheader"
            aria-colindex={index + 1}
            aria-sort={order !== undefined && order === column.order ? column.sorted : undefined}
          >
            {column.order === undefined || order === undefined ? (
              column.title
            ) : (
              <button
                type="button"
                class={order === column.order ? 'sort is-sorted' : 'sort'}
                onClick={() => {
                  onOrder(column.order);
                }}
              >
                {column.title}
                <span class={`arrow ${column.sorted}`} aria-hidden="true" />
              </button>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

interface GridRowProps {
  readonly row: number;
  readonly top: number;
  readonly found: Row | undefined;
  readonly isActive: boolean;
  readonly selectedId: number | undefined;
  readonly onOpen: (id: number) => void;
}

function GridRow({ row, top, found, isActive, selectedId, onOpen }: GridRowProps): JSX.Element {
  const place = {
    id: `row-${row}`,
    role: 'row' as const,
    'aria-rowindex': row + 2,
    style: { transform: `translateY(${top}px)` },
  };
  const state = isActive ? ' is-active' : '';
  if (found === undefined) {
    return (
      <div {...place} class={`grid-row is-absent${state}`}>
        <div class="cell name" role="gridcell" aria-colindex={1}>
          <span class="bone">Loading</span>
        </div>
      </div>
    );
  }
  const { person, field } = found;
  const isSelected = person.id === selectedId;
  return (
    <div
      {...place}
      class={`grid-row is-person${state}${isSelected ? ' is-selected' : ''}`}
      aria-selected={isSelected}
      onClick={() => {
        onOpen(person.id);
      }}
    >
      <div class="cell name" role="gridcell" aria-colindex={1}>
        <span class={`avatar ${tintOf(person.id)}`} aria-hidden="true">
          {initialsOf(person.name)}
        </span>
        <span class="two-lines">
          <span class="strong">{person.name}</span>
          <span class="weak wide-only">
            {[person.title, person.organization].filter((text) => text !== '').join(', ')}
          </span>
          <span class="weak narrow-only">{person.email || person.phones[0]?.number}</span>
        </span>
      </div>
      <div class="cell contact" role="gridcell" aria-colindex={2}>
        <span class="two-lines">
          <span>{person.email}</span>
          <span class="weak">{person.phones[0]?.number}</span>
        </span>
      </div>
      <div class="cell changed weak" role="gridcell" aria-colindex={3}>
        {field === undefined || field === 'name' ? (
          agoText(person.lastUpdated)
        ) : (
          <span class="found-in">found in {fieldNames[field] ?? field}</span>
        )}
      </div>
      <div class="cell id weak" role="gridcell" aria-colindex={4}>
        {person.id}
      </div>
    </div>
  );
}

/** What a search calls the fields. */
const fieldNames: Readonly<Record<string, string>> = { emails: 'an email', phones: 'a phone' };
