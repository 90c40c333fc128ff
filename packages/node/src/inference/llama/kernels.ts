import { createRequire } from 'node:module';
import { devNull } from 'node:os';
import { join } from 'node:path';

/**
 * Kernels that every x64 processor with AVX2 can run, so that machines with and without AVX-512 are one engine and can
 * audit each other (verification §6.3). Nothing in them asks the processor what else it has.
 */
export const commonKernels = 'haswell';

/** What of the native part of node-llama-cpp is used before it starts. */
interface Addon {
  loadBackends(folder: string): void;
  setLoggerLogLevel(level: number): void;
}

/**
 * Makes llama.cpp compute with the kernels of one name, where there is a choice: on Linux with x64. Where the processor
 * lacks what they need, nothing is loaded, and llama.cpp takes the best it can run, as it always would.
 */
export async function loadKernels(name: string): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') return;
  const binaries = (await import(`@node-llama-cpp/${platform}`)) as { getBinsDir(): { binsDir: string } };
  const folder = join(binaries.getBinsDir().binsDir, platform);
  const path = join(folder, 'llama-addon.node');
  const addon = createRequire(path)(path) as Addon;
  addon.setLoggerLogLevel(0);
  // The library named here is loaded in any case, those in the folder by rank. There are none in this one; and once
  // there is a processor to compute with, node-llama-cpp looks for no other.
  process.env['GGML_BACKEND_PATH'] = join(folder, `libggml-cpu-${name}.so`);
  addon.loadBackends(devNull);
}
