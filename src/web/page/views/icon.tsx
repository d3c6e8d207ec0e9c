import type { JSX } from 'preact';

const paths = {
  search: 'M11 4a7 7 0 1 1 0 14a7 7 0 0 1 0-14zm5 12 4.5 4.5',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M15 5l-7 7 7 7',
  edit: 'M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1z',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5',
  upload: 'M12 16V4.5M7 9l5-4.5L17 9M4.5 15.5v4h15v-4',
  download: 'M12 4.5V16M7 11.5l5 4.5 5-4.5M4.5 15.5v4h15v-4',
  phone:
    'M6 4h3l1.5 4-2 1.5a11 11 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2 2A16 16 0 0 1 4 6a2 2 0 0 1 2-2z',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  pin: 'M12 21s-6.5-5.8-6.5-11a6.5 6.5 0 0 1 13 0c0 5.200-6.500 11-6.500 11zM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  cake: 'M4 20h16M5 20v-7h14v7M5 16c1.500 1 2.500-1 4 0s3 0 3 0 1.500-1 3 0 2.500 1 4 0M12 13V9M12 6.500V5',
  note: 'M5 4h14v16H5zM8 9h8M8 12.500h8M8 16h5',
  id: 'M4 6h16v12H4zM7.500 14.500c.5-2 4-2 4.500 0M9.700 11.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM14.500 10h3M14.500 13.500h3',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  alert: 'M12 4 3 20h18zM12 10v4.500M12 17.200v.3',
  people:
    'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 5a3.300 3.300 0 0 1 0 6.300M17.500 14.500c2.300.6 3.700 2.500 4 5.500',
  key: 'M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 12l8.500-8.500M16 7l3 3',
  keyboard: 'M3 6.500h18v11H3zM6.500 10h.1M10 10h.1M14 10h.1M17.500 10h.1M8 14h8',
  undo: 'M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-3',
} as const;

/** A drawing that the text beside it explains. */
export function Icon({ name }: { readonly name: keyof typeof paths }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
