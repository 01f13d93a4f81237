// The colours that stand for a thumbnail until it is loaded, from the thumbhash of the asset. Pure.
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';

const SIDE = 16; // px of the longer side: what is stretched over a cell needs no more

export interface Blur {
  width: number;
  height: number;
  pixels: Uint8ClampedArray<ArrayBuffer>; // RGBA
}

/** The bytes of a placeholder; undefined without one, and for one that is broken, which costs its colour only. */
export function decode(placeholder: string | null): Uint8Array | undefined {
  if (placeholder === null) return undefined;
  const text = atob(placeholder);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return bytes.length >= 5 ? bytes : undefined;
}

/** The colour of the whole picture, as CSS. */
export function colourOf(hash: Uint8Array): string {
  const { r, g, b } = thumbHashToAverageRGBA(hash);
  return `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)})`;
}

const waves = new Map<number, Float64Array[]>();

/** The cosines of each frequency at the places of a side. */
function wavesOf(side: number): Float64Array[] {
  const known = waves.get(side);
  if (known !== undefined) return known;
  const made = Array.from({ length: 8 }, (_, frequency) =>
    Float64Array.from({ length: side }, (_, place) => Math.cos((Math.PI / side) * (place + 0.5) * frequency)),
  );
  waves.set(side, made);
  return made;
}

/** Factors of one channel: of each vertical frequency those of the horizontal ones. */
type Channel = { mean: number; factors: number[][] };

function channelsOf(hash: Uint8Array): Channel[] {
  const byte = (place: number) => hash[place] ?? 0;
  const header = byte(0) | (byte(1) << 8) | (byte(2) << 16);
  const more = byte(3) | (byte(4) << 8);
  const clear = header >> 23 === 1; // it has transparent parts
  const long = clear ? 5 : 7;
  const short = Math.max(3, more & 7);
  const wide = more >> 15 === 1;
  let place = (clear ? 6 : 5) * 2; // in half bytes
  const read = (mean: number, scale: number, columns: number, rows: number): Channel => {
    const factors: number[][] = [];
    for (let row = 0; row < rows; row++) {
      const line: number[] = row === 0 ? [0] : [];
      for (let column = line.length; column * rows < columns * (rows - row); column++, place++) {
        line.push((((byte(place >> 1) >> ((place & 1) * 4)) & 15) / 7.5 - 1) * scale * 2);
      }
      factors.push(line);
    }
    return { mean, factors };
  };
  return [
    read((header & 63) / 63, ((header >> 18) & 31) / 31, wide ? long : short, wide ? short : long),
    read(((header >> 6) & 63) / 31.5 - 1, (((more >> 3) & 63) / 63) * 1.25, 3, 3),
    read(((header >> 12) & 63) / 31.5 - 1, (((more >> 9) & 63) / 63) * 1.25, 3, 3),
    clear ? read((byte(5) & 15) / 15, (byte(5) >> 4) / 15, 5, 5) : { mean: 1, factors: [] },
  ];
}

/** The values of a channel along a line of pixels. */
function lineOf(
  { mean, factors }: Channel,
  y: number,
  across: Float64Array[],
  down: Float64Array[],
  out: Float64Array,
) {
  out.fill(mean);
  const widest = factors[0]?.length ?? 0;
  for (let column = 0; column < widest; column++) {
    let factor = 0;
    for (let row = 0; row < factors.length; row++) factor += (factors[row]?.[column] ?? 0) * (down[row]?.[y] ?? 0);
    if (factor === 0) continue;
    const wave = across[column] as Float64Array;
    for (let x = 0; x < out.length; x++) out[x] = (out[x] as number) + factor * (wave[x] as number);
  }
}

/**
 * The blurred picture of a thumbhash. The same as `thumbHashToRGBA`, at a quarter of its pixels and without a cosine of
 * each: the grid draws some of them in a frame, whose script must take less than a millisecond.
 */
export function blurOf(hash: Uint8Array, side = SIDE): Blur {
  const ratio = thumbHashToApproximateAspectRatio(hash);
  const width = Math.max(1, Math.round(ratio > 1 ? side : side * ratio));
  const height = Math.max(1, Math.round(ratio > 1 ? side / ratio : side));
  const across = wavesOf(width);
  const down = wavesOf(height);
  const channels = channelsOf(hash);
  const lines = channels.map(() => new Float64Array(width));
  const [light, yellow, red, alpha] = lines as [Float64Array, Float64Array, Float64Array, Float64Array];
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    channels.forEach((channel, number) => {
      lineOf(channel, y, across, down, lines[number] as Float64Array);
    });
    for (let x = 0; x < width; x++, at += 4) {
      const l = light[x] as number;
      const b = l - (2 / 3) * (yellow[x] as number);
      const r = (3 * l - b + (red[x] as number)) / 2;
      pixels[at] = r * 255;
      pixels[at + 1] = (r - (red[x] as number)) * 255;
      pixels[at + 2] = b * 255;
      pixels[at + 3] = (alpha[x] as number) * 255;
    }
  }
  return { width, height, pixels };
}
