import { expect, it } from 'vitest';
import { cameraFacts, clock, mediaFacts, otherFacts, positionOf } from './facts';

it('durations are written as a player shows them', () => {
  expect([4.26, 75.4, 3661].map(clock)).toEqual(['4.26 s', '1:15', '1:01:01']);
});

it('every fact stands in one group', () => {
  const video = {
    duration_s: 75.4,
    frame_rate: 29.97,
    video_codec: 'h264',
    iso: 400,
    major_brand: 'isom',
    other: true,
  };
  expect(mediaFacts(video).map((fact) => fact.value)).toEqual(['1:15', '29.97 fps', 'h264', 'isom']);
  expect(cameraFacts(video).map((fact) => fact.value)).toEqual(['400']);
  expect(otherFacts(video)).toEqual([{ name: 'Other', value: 'yes' }]);
  expect(mediaFacts({ keywords: ['fork', 'red; blue'] })[0]?.value).toBe('fork, red; blue');
  expect(otherFacts({ orientation: 6 })).toEqual([]); // it has a row of its own
  // The channels of a picture are its colours, those of a recording its sound.
  expect(otherFacts({ channels: 3, bit_depth: 8 })).toHaveLength(2);
  expect(mediaFacts({ channels: 2 })).toHaveLength(1);
});

it('a position is on the map only where the earth has it', () => {
  expect(positionOf({ latitude: -1.28, longitude: 36.8 })).toEqual({ latitude: -1.28, longitude: 36.8 });
  expect(positionOf({ latitude: 91, longitude: 0 })).toBeUndefined();
  expect(positionOf({ latitude: '1', longitude: 2 })).toBeUndefined();
});

it('the clock of a camera is shown as it was, whatever the time zone of the reader', () => {
  const shown = (taken_at: string) => cameraFacts({ taken_at })[0]?.value;
  expect(shown('2026-03-29T02:30:00')).toMatch(/^Mar 29, 2026, 2:30:00\sAM$/);
  expect(shown('2026-03-29T14:30:00.25+02:00')).toMatch(/^Mar 29, 2026, 2:30:00\sPM \+02:00$/);
  expect(shown('long ago')).toBe('long ago');
});
