// A position on a map that is part of these pages: no tile is fetched, and nobody learns what is looked at.
import { geoMercator, geoPath } from 'd3-geo';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import countries from 'world-atlas/countries-110m.json';
import { text } from './sideText';

const WIDTH = 360;
const HEIGHT = 180;
const DEGREES = 50; // of longitude that are shown

export function MapView({ latitude, longitude }: { latitude: number; longitude: number }) {
  const world = countries as unknown as Topology<{ land: GeometryCollection; countries: GeometryCollection }>;
  const projection = geoMercator()
    .center([longitude, Math.max(-75, Math.min(75, latitude))]) // beyond, a map of this kind has no end
    .scale((WIDTH / DEGREES) * (180 / Math.PI))
    .translate([WIDTH / 2, HEIGHT / 2])
    .clipExtent([
      [-1, -1],
      [WIDTH + 1, HEIGHT + 1],
    ]);
  const path = geoPath(projection);
  const [x, y] = projection([longitude, latitude]) ?? [WIDTH / 2, HEIGHT / 2];
  const label = text.map.label(latitude.toFixed(5), longitude.toFixed(5));
  return (
    <svg className="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path className="map-land" d={path(feature(world, world.objects.land)) ?? ''} />
      <path className="map-border" d={path(mesh(world, world.objects.countries, (a, b) => a !== b)) ?? ''} />
      <circle className="map-halo" cx={x} cy={y} r={9} />
      <circle className="map-point" cx={x} cy={y} r={4} />
    </svg>
  );
}
