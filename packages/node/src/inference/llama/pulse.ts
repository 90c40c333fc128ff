import type { ChildProcess } from 'node:child_process';
import type { FromWorker, ToWorker } from './messages.ts';

const beatMs = 1000;
/** Beats without an answer after which a process counts as stopped: while it loads llama.cpp, and later. */
const patience = { starting: 60, running: 6 } as const;

/**
 * Kills a process that answers no more, be it stopped or hung: its calls would wait for ever (§5.20). Beats are
 * counted, not time, so that a node which was asleep itself does not blame its child.
 */
export function watchPulse(child: ChildProcess): void {
  let unanswered = 0;
  let most: number = patience.starting;
  // Any message is a sign of life; beats are answered before llama.cpp is loaded.
  child.on('message', ({ type }: FromWorker) => {
    unanswered = 0;
    if (type === 'ready') most = patience.running;
  });
  const timer = setInterval(() => {
    if (unanswered++ >= most) child.kill('SIGKILL');
    else if (child.connected) child.send({ type: 'ping' } satisfies ToWorker, () => undefined);
  }, beatMs);
  timer.unref();
  child.on('exit', () => clearInterval(timer));
}
