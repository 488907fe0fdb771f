/** Small line pictures beside words; they say nothing that the words do not. */

const PATHS = {
  chip: 'M8 8h8v8H8zM5 5h14v14H5zM9 2v3M15 2v3M9 19v3M15 19v3M2 9h3M2 15h3M19 9h3M19 15h3',
  plus: 'M12 5v14M5 12h14',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  lens: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L21 21',
  coin: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8.5 8.5h7M12 8.5v8',
  people: 'M8.5 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2 20c.6-4 3-6 6.5-6s5.9 2 6.5 6M16 5a3 3 0 0 1 0 6.5M17.5 14.3c2.5.6 4 2.5 4.5 5.7',
  down: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  flag: 'M6 21V4M6 5h11l-2.5 3.5L17 12H6',
  warning: 'M12 3.5L22 20.5H2zM12 10v5M12 17.5v.5',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  cube: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  sun: 'M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM12 1.5v3M12 19.5v3M1.5 12h3M19.5 12h3M4.6 4.6l2.1 2.1M17.3 17.3l2.1 2.1M19.4 4.6l-2.1 2.1M6.7 17.3l-2.1 2.1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  half: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 3v18',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5.5l3.5 2',
  digits: 'M4 4h16v16H4zM9.5 8.5L12 7v10M9.5 17h5',
  text: 'M5 6h14M5 10.5h14M5 15h9M5 19.5h5',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14',
  picture: 'M4 5h16v14H4zM4 17l5-5 4 4 3-3 4 4M15.5 8.5v.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
