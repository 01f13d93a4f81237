// The facts of an image file, ready to be shown. Pure.
import type { AssetFull } from '../../api/client';
import { text } from './text';

export interface Fact {
  name: string;
  value: string;
}

type Facts = AssetFull['facts'];

const CAMERA: Record<string, { name: string; show?: (value: number) => string }> = {
  lens: { name: text.facts.lens },
  exposure_s: { name: text.facts.exposure, show: (s) => (s >= 0.4 ? `${round(s)} s` : `1/${Math.round(1 / s)} s`) },
  aperture: { name: text.facts.aperture, show: (f) => `f/${round(f)}` },
  iso: { name: text.facts.iso },
  focal_length_mm: { name: text.facts.focalLength, show: (mm) => `${round(mm)} mm` },
  focal_length_35mm: { name: text.facts.focalLength35mm, show: (mm) => `${round(mm)} mm` },
  flash: { name: text.facts.flash },
  white_balance: { name: text.facts.whiteBalance },
  software: { name: text.facts.software },
  altitude_m: { name: text.facts.altitude, show: (m) => `${round(m)} m` },
};
const COMBINED = new Set(['camera_make', 'camera_model', 'taken_at', 'latitude', 'longitude']);

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? text.facts.yes : text.facts.no;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function label(key: string): string {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Camera and time first. The make is left out where the model repeats it. */
export function cameraFacts(facts: Facts): Fact[] {
  const found: Fact[] = [];
  const make = typeof facts.camera_make === 'string' ? facts.camera_make : '';
  const model = typeof facts.camera_model === 'string' ? facts.camera_model : '';
  const camera = model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`.trim();
  if (camera || make) found.push({ name: text.facts.camera, value: camera || make });
  if (typeof facts.taken_at === 'string')
    found.push({ name: text.facts.taken, value: facts.taken_at.replace('T', ' ') });
  for (const [key, { name, show }] of Object.entries(CAMERA)) {
    const value = facts[key];
    if (value === undefined || value === null) continue;
    found.push({ name, value: typeof value === 'number' && show !== undefined ? show(value) : plain(value) });
  }
  if (typeof facts.latitude === 'number' && typeof facts.longitude === 'number') {
    found.push({ name: text.facts.position, value: `${facts.latitude.toFixed(5)}, ${facts.longitude.toFixed(5)}` });
  }
  return found;
}

/** All other facts of the file. */
export function otherFacts(facts: Facts): Fact[] {
  return Object.entries(facts)
    .filter(([key, value]) => !(key in CAMERA) && !COMBINED.has(key) && value !== null)
    .map(([key, value]) => ({ name: label(key), value: plain(value) }));
}
