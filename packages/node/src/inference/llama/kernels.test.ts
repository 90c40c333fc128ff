import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startLlamaBackend } from './backend.ts';
import type { Numerics } from './messages.ts';

const isLinux = process.platform === 'linux' && process.arch === 'x64';
const has = (flag: string) => isLinux && new RegExp(`\\b${flag}\\b`).test(readFileSync('/proc/cpuinfo', 'utf8'));

/** What a backend says that it computes with, and the libraries its process has mapped. */
async function started(numerics: Partial<Numerics> = {}) {
  await using backend = await startLlamaBackend({ threads: 1, numerics });
  const mapped = readFileSync(`/proc/${backend.pid}/maps`, 'utf8').matchAll(/libggml-cpu-(\w+)\.so/g);
  return { said: backend.engine.backend, mapped: [...new Set([...mapped].map(([, name]) => name))] };
}

describe('the kernels (verification §6.3)', () => {
  it.runIf(has('avx2'))('are those of AVX2 wherever it is, whatever else the processor has', async () => {
    expect(await started()).toEqual({ said: 'cpu x64 avx2', mapped: ['haswell'] });
  });

  it.runIf(isLinux).each([
    ['x64', 'cpu x64'],
    ['sse42', 'cpu x64 ssse3'],
  ])('of %s are called %s: what runs is what the engine says', async (kernels, said) => {
    expect(await started({ kernels })).toEqual({ said, mapped: [kernels] });
  });

  it.runIf(isLinux)('are the best that the processor has where it lacks those of the name', async () => {
    const { said, mapped } = await started({ kernels: 'none' });
    expect(mapped).toHaveLength(1);
    expect(said.includes('avx2')).toBe(has('avx2'));
  });
});
