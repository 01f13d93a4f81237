// The facts of an image file, ready to be shown. Pure.
import type { AssetFull } from '../../../api/client';
import { text } from './sideText';

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
const MEDIA: Record<string, { name: string; show?: (value: number) => string }> = {
  duration_s: { name: text.facts.duration, show: clock },
  frame_rate: { name: text.facts.frameRate, show: (rate) => `${round(rate)} fps` },
  sample_rate: { name: text.facts.sampleRate, show: (rate) => `${round(rate / 1000)} kHz` },
  audio_rate: { name: text.facts.audioRate, show: (rate) => `${round(rate / 1000)} kHz` },
};
const OTHER_MEDIA =
  'video_codec pixel_format major_brand frame_count audio_codec audio_channels channels title artist author pages ' +
  'characters lines encoding language keywords caption';
// Shown elsewhere, or as a part of another one.
const COMBINED = new Set('camera_make camera_model taken_at latitude longitude first_lines orientation'.split(' '));

/** Seconds as a player shows them. */
export function clock(seconds: number): string {
  if (seconds < 10) return `${round(seconds)} s`;
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? text.facts.yes : text.facts.no;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function label(key: string): string {
  const words = key.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const WRITTEN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(.*)$/;
const asWritten = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

/** What the clock of a camera showed: never in the time zone of the reader, and with its own only if the file has it. */
function taken(time: string): string {
  const [, local, zone = ''] = WRITTEN.exec(time) ?? [];
  const moment = new Date(`${local}Z`);
  return Number.isNaN(moment.getTime()) ? time : `${asWritten.format(moment)} ${zone}`.trim();
}

/** Camera and time first. The make is left out where the model repeats it. */
export function cameraFacts(facts: Facts): Fact[] {
  const found: Fact[] = [];
  const make = typeof facts.camera_make === 'string' ? facts.camera_make : '';
  const model = typeof facts.camera_model === 'string' ? facts.camera_model : '';
  const camera = model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`.trim();
  if (camera || make) found.push({ name: text.facts.camera, value: camera || make });
  if (typeof facts.taken_at === 'string') found.push({ name: text.facts.taken, value: taken(facts.taken_at) });
  for (const [key, { name, show }] of Object.entries(CAMERA)) {
    const value = facts[key];
    if (value === undefined || value === null) continue;
    found.push({ name, value: typeof value === 'number' && show !== undefined ? show(value) : plain(value) });
  }
  return found;
}

/** Where a picture was taken, if that can be on a map. */
export function positionOf(facts: Facts): { latitude: number; longitude: number } | undefined {
  const { latitude, longitude } = facts;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}

const ALL_MEDIA = [...Object.keys(MEDIA), ...OTHER_MEDIA.split(' ')];

/** What a file says of its pictures, its sound or its text. */
export function mediaFacts(facts: Facts): Fact[] {
  return ALL_MEDIA.flatMap((key) => {
    const value = facts[key];
    if (value === undefined || value === null || (key === 'channels' && facts.bit_depth !== undefined)) return [];
    const { name = label(key), show } = MEDIA[key] ?? {};
    return [{ name, value: typeof value === 'number' && show !== undefined ? show(value) : plain(value) }];
  });
}

/** All other facts of the file. */
export function otherFacts(facts: Facts): Fact[] {
  return Object.entries(facts)
    .filter(([key, value]) => !(key in CAMERA) && !COMBINED.has(key) && value !== null)
    .filter(([key]) => !ALL_MEDIA.includes(key) || (key === 'channels' && facts.bit_depth !== undefined))
    .map(([key, value]) => ({ name: label(key), value: plain(value) }));
}
