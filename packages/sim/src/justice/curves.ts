import type { CurvePoint } from './epochs.ts';

const [width, height, margin] = [640, 400, 56];
const leastDecade = -7;

/** Both error curves as an SVG image: lines by the formula, dots with their intervals as counted. */
export function curvesSvg(points: readonly CurvePoint[], title: string): string {
  const x = (alpha: number) => margin + ((alpha - 1) / Math.max(1, points.length - 1)) * (width - 2 * margin);
  const y = (chance: number) => {
    const decade = Math.max(leastDecade, Math.log10(Math.max(chance, 1e-300)));
    return margin + (decade / leastDecade) * (height - 2 * margin);
  };
  const curve = (name: 'escapes' | 'honestPunished', color: string) => {
    const line = points.map(({ alpha, formula }) => `${x(alpha).toFixed(1)},${y(formula[name]).toFixed(1)}`).join(' ');
    const dots = points.flatMap((point) => {
      const { count, of, low, high } = point[name];
      const at = x(point.alpha).toFixed(1);
      const bar = `<line x1="${at}" x2="${at}" y1="${y(low).toFixed(1)}" y2="${y(high).toFixed(1)}"/>`;
      return count === 0 ? [bar] : [bar, `<circle cx="${at}" cy="${y(count / of).toFixed(1)}" r="3" fill="${color}"/>`];
    });
    return `<g stroke="${color}"><polyline fill="none" points="${line}"/>${dots.join('')}</g>`;
  };
  const decades = Array.from({ length: 1 - leastDecade }, (_, i) => -i);
  const grid = decades.map((decade) => {
    const at = y(10 ** decade).toFixed(1);
    const line = `<line x1="${margin}" x2="${width - margin}" y1="${at}" y2="${at}" stroke="#ddd"/>`;
    return line + label(margin - 8, at, `1e${decade}`, 'end');
  });
  const ticks = points.map(({ alpha }) => label(x(alpha), height - margin + 18, String(alpha), 'middle'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label(margin, 24, title, 'start'),
    ...grid,
    ...ticks,
    label(width / 2, height - 12, 'failures that bring the penalty', 'middle'),
    curve('escapes', '#b3261e'),
    curve('honestPunished', '#1a5fb4'),
    label(width - margin, margin - 8, 'red: a cheat escapes · blue: an honest miner is punished', 'end'),
    '</svg>',
    '',
  ].join('\n');
}

function label(x: number, y: number | string, text: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${text}</text>`;
}
