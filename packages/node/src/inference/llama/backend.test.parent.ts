import { startLlamaBackend } from './backend.ts';

/** A process with a backend, for the test that kills it: tells the pid of its llama.cpp and waits. */
const backend = await startLlamaBackend({ threads: 1 });
process.send?.(backend.pid);
setInterval(() => undefined, 60_000);
