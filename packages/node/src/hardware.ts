import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { Hardware } from '@assay/protocol';
import { childEnvironment } from './child-environment.ts';

/** Longest time for what another program says of the graphics card. */
const askMs = 3000;

/** A graphics card, as far as it is known. */
interface GraphicsCard {
  readonly name: string;
  /** Zero where nothing says it. */
  readonly memoryMib: number;
  /** In a few words, with its driver. */
  readonly text: string;
}

/** What this machine says of itself on the chain (§3.13). */
export async function ownHardware(): Promise<Hardware> {
  const [first] = cpus();
  return declaredHardware({
    cpu: first?.model ?? '',
    cores: cpus().length,
    memoryBytes: totalmem(),
    cards: await graphicsCards(),
  });
}

interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly cards: readonly Pick<GraphicsCard, 'name' | 'memoryMib'>[];
}

const { cpu: Cpu, gpu: Gpu, cores: Cores } = Hardware.fields;
const inGib = (mib: number): number => Math.round(mib / 1024);

/** In whole GiB: what a kernel keeps for itself differs from start to start, and makes no other machine (§3.13). */
export function declaredHardware({ cpu, cores, memoryBytes, cards }: Machine): Hardware {
  const counts = new Map<string, number>();
  for (const { name } of cards) counts.set(name, (counts.get(name) ?? 0) + 1);
  const gpus = [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`));
  return {
    cpu: Cpu.fitted(cpu.replace(/\s+/g, ' ').trim()),
    cores: Math.min(cores, Cores.max),
    memoryGib: inGib(memoryBytes / 2 ** 20),
    gpu: Gpu.fitted(gpus.join(', ')),
    gpuMemoryGib: inGib(cards.reduce((sum, { memoryMib }) => sum + memoryMib, 0)),
  };
}

/** The graphics cards of this machine; none where nothing here names any. */
export async function graphicsCards(): Promise<GraphicsCard[]> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  const nvidia = (await said('nvidia-smi', query)).flatMap((line) => {
    const [name, driver, memory] = line.split(',').map((part) => part.trim());
    if (name === undefined || memory === undefined) return [];
    return [{ name, memoryMib: Number.parseInt(memory, 10) || 0, text: `${name}, driver ${driver}, ${memory}` }];
  });
  if (nvidia.length > 0) return nvidia;
  const names = (await said('vulkaninfo', ['--summary'])).flatMap(
    (line) => /deviceName\s*=\s*(.+)/.exec(line)?.[1] ?? [],
  );
  // A processor that draws for want of a card.
  const cards = names.filter((name) => !/llvmpipe|lavapipe|swiftshader/i.test(name));
  if (cards.length > 0) return cards.map((name) => unmeasured(name, `${name}, by Vulkan`));
  const driver = '/proc/driver/nvidia/version';
  if (existsSync(driver)) {
    const name = 'a card of NVIDIA';
    return [unmeasured(name, `${name}, ${readFileSync(driver, 'utf8').split('\n')[0]}`)];
  }
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri').filter((name) => name.startsWith('renderD')) : [];
  return nodes.map((node) => unmeasured('a card', `/dev/dri/${node}, whose driver nothing here names`));
}

const unmeasured = (name: string, text: string): GraphicsCard => ({ name, memoryMib: 0, text });

/** The lines that a program says; none where it is not there, or fails. */
async function said(program: string, words: readonly string[]): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(program, words, { timeout: askMs, env: childEnvironment() });
    return stdout.split('\n');
  } catch {
    return [];
  }
}
