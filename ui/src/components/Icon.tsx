// Line icons on a grid of 20 units. The control around an icon carries its name.
const PATHS = {
  add: 'M10 4.500v11M4.500 10h11',
  bucket: 'M4 5h12l-1.500 11h-9zM4 5a6 2 0 0 1 12 0',
  close: 'm5 5 10 10M15 5 5 15',
  exclude: 'M5 10h10',
  labels: 'M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M8 8h4v4H8z',
  panel: 'M3 4.500h14v11H3zM8 4.500v11',
  remove: 'm6 6 8 8M14 6l-8 8',
  edit: 'm5 15 1-4 7-7 3 3-7 7z',
  picture: 'M3 4.500h14v11H3zM5.500 13l3.500-4 2.500 3 2-2 2 3zM13 8a1 1 0 1 0 2 0a1 1 0 1 0-2 0',
  previous: 'm12 4-6 6 6 6',
  next: 'm8 4 6 6-6 6',
  done: 'm4 10.500 4 4 8-9',
  skip: 'M5 10h10',
  run: 'm6 4 10 6-10 6z',
  eye: 'M2 10s3-5.500 8-5.500 8 5.500 8 5.500-3 5.500-8 5.500S2 10 2 10zM7.500 10a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0',
  download: 'M10 3v10m-4-4 4 4 4-4M4 16.500h12',
  search: 'M3 8.500a5.500 5.500 0 1 0 11 0a5.500 5.500 0 1 0-11 0M13 13l4.500 4.500',
};

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  small?: boolean;
  pressed?: boolean; // of a button that switches something on and off
}

export function IconButton({ icon, label, onClick, disabled = false, small = false, pressed }: IconButtonProps) {
  const className = small ? 'icon small' : 'icon';
  return (
    <button
      type="button"
      className={className}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}
