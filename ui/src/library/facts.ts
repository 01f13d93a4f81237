// What a picture's file says of itself, in words. Pure.
import type { AssetFull } from '../api/client';

export interface Fact {
  name: string;
  value: string;
}

type Facts = AssetFull['facts'];

const CAMERA: Record<string, { name: string; show?: (value: number) => string }> = {
  lens: { name: 'Lens' },
  exposure_s: { name: 'Exposure', show: (s) => (s >= 0.4 ? `${round(s)} s` : `1/${Math.round(1 / s)} s`) },
  aperture: { name: 'Aperture', show: (f) => `f/${round(f)}` },
  iso: { name: 'ISO' },
  focal_length_mm: { name: 'Focal length', show: (mm) => `${round(mm)} mm` },
  focal_length_35mm: { name: 'As on 35 mm', show: (mm) => `${round(mm)} mm` },
  flash: { name: 'Flash' },
  white_balance: { name: 'White balance' },
  software: { name: 'Software' },
  altitude_m: { name: 'Altitude', show: (m) => `${round(m)} m` },
};
const TOLD_TOGETHER = new Set(['camera_make', 'camera_model', 'taken_at', 'latitude', 'longitude']);

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function label(key: string): string {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Camera and moment first; the make is left out where the model repeats it. */
export function cameraFacts(facts: Facts): Fact[] {
  const found: Fact[] = [];
  const make = typeof facts.camera_make === 'string' ? facts.camera_make : '';
  const model = typeof facts.camera_model === 'string' ? facts.camera_model : '';
  const camera = model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`.trim();
  if (camera || make) found.push({ name: 'Camera', value: camera || make });
  if (typeof facts.taken_at === 'string') found.push({ name: 'Taken', value: facts.taken_at.replace('T', ' ') });
  for (const [key, { name, show }] of Object.entries(CAMERA)) {
    const value = facts[key];
    if (value === undefined || value === null) continue;
    found.push({ name, value: typeof value === 'number' && show !== undefined ? show(value) : plain(value) });
  }
  if (typeof facts.latitude === 'number' && typeof facts.longitude === 'number') {
    found.push({ name: 'Position', value: `${facts.latitude.toFixed(5)}, ${facts.longitude.toFixed(5)}` });
  }
  return found;
}

/** Everything else that was found in the file. */
export function otherFacts(facts: Facts): Fact[] {
  return Object.entries(facts)
    .filter(([key, value]) => !(key in CAMERA) && !TOLD_TOGETHER.has(key) && value !== null)
    .map(([key, value]) => ({ name: label(key), value: plain(value) }));
}
