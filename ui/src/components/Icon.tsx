// Line icons on a grid of 20 units. The control around an icon carries its name.
const PATHS = {
  close: 'm5 5 10 10M15 5 5 15',
  remove: 'm6 6 8 8M14 6l-8 8',
  edit: 'm5 15 1-4 7-7 3 3-7 7z',
  previous: 'm12 4-6 6 6 6',
  next: 'm8 4 6 6-6 6',
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
}

export function IconButton({ icon, label, onClick, disabled = false, small = false }: IconButtonProps) {
  const className = small ? 'icon small' : 'icon';
  return (
    <button type="button" className={className} onClick={onClick} disabled={disabled} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
