/** One Ctrl-C can arrive several times, through the terminal and through each launcher above this process. */
const sameAskMs = 500;

/**
 * Resolves to null when the process is asked to stop: a signal, or the end of the launcher that started it. A second
 * ask ends the process at once.
 */
export function untilAskedToStop(): Promise<null> {
  return new Promise((resolve) => {
    let askedAtMs: number | null = null;
    const ask = (): void => {
      const nowMs = performance.now();
      if (askedAtMs !== null && nowMs - askedAtMs > sameAskMs) process.exit(130);
      askedAtMs ??= nowMs;
      resolve(null);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
    process.once('disconnect', ask);
    process.channel?.unref();
  });
}
