interface StageOfLoop {
  readonly name: string;
  readonly does: string;
  readonly works: boolean;
}

const WIDTH = 900;
const HEIGHT = 640;
const RADIUS_X = 345;
const RADIUS_Y = 265;

/** The loop as SVG, in colours that read on light and dark pages. */
export function drawLoop(stages: readonly StageOfLoop[]): string {
  const centre = { x: WIDTH / 2, y: HEIGHT / 2 };
  const at = (index: number) => {
    const angle = (index / stages.length) * 2 * Math.PI - Math.PI / 2;
    return { x: centre.x + RADIUS_X * Math.cos(angle), y: centre.y + RADIUS_Y * Math.sin(angle) };
  };
  const nodes = stages.map((stage, index) => drawStage(stage, at(index)));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title" font-family="system-ui, sans-serif">`,
    '<title id="title">The loop of Bucle: track, data, train, evaluate, registry, deploy, serve, monitor, retrain, and back to train</title>',
    `<ellipse cx="${centre.x}" cy="${centre.y}" rx="${RADIUS_X}" ry="${RADIUS_Y}" fill="none" stroke="#8b95a5" stroke-width="2.5" stroke-dasharray="7 6"/>`,
    ...stages.map((_stage, index) => drawArrow(at(index + 0.5), at(index + 0.52))),
    `<text x="${centre.x}" y="${centre.y - 4}" text-anchor="middle" font-size="34" font-weight="700" fill="#7c5cff">bucle</text>`,
    `<text x="${centre.x}" y="${centre.y + 24}" text-anchor="middle" font-size="14" fill="#6b7686">one server, the whole loop</text>`,
    ...nodes,
    '</svg>',
  ].join('\n')}\n`;
}

function drawStage({ name, does, works }: StageOfLoop, { x, y }: { x: number; y: number }): string {
  const [fill, ink] = works ? ['#7c5cff', '#ffffff'] : ['#e6e8ee', '#4a5362'];
  const width = 178;
  const left = Math.min(Math.max(x - width / 2, 4), WIDTH - width - 4);
  const middle = left + width / 2;
  return [
    `<rect x="${left.toFixed(1)}" y="${(y - 29).toFixed(1)}" width="${width}" height="58" rx="14" fill="${fill}"/>`,
    `<text x="${middle.toFixed(1)}" y="${(y - 4).toFixed(1)}" text-anchor="middle" font-size="16" font-weight="650" fill="${ink}">${name}${works ? '' : ' (next)'}</text>`,
    `<text x="${middle.toFixed(1)}" y="${(y + 15).toFixed(1)}" text-anchor="middle" font-size="10" fill="${ink}">${does}</text>`,
  ].join('\n');
}

function drawArrow(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return `<path d="M-7 -6 L6 0 L-7 6 Z" fill="#8b95a5" transform="translate(${from.x.toFixed(1)} ${from.y.toFixed(1)}) rotate(${angle.toFixed(1)})"/>`;
}
