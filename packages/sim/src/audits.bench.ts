import { useNativeHasher } from '@assay/node/crypto/hasher';
import { devnetParams } from '@assay/node/devnet/genesis';
import type { Bench, Row } from '../../../bench/bench.ts';
import { nextDoor } from './links.ts';
import { SimulatedModel } from './simulated-model.ts';
import { World } from './world.ts';

const clients = 16;
const measuredMs = 1000 * Number(process.env.ASSAY_AUDITS_S ?? 60);
const halves = 2;
const mebibyte = 1024 * 1024;

interface Load {
  readonly asked: number;
  /** Requests answered with TOO_MANY_REQUESTS; each is asked again after a fifth of a second. */
  readonly refused: number;
}

/** One-token requests from clients that wait for each answer. */
async function storm(net: World, untilMs: number): Promise<Load> {
  let [asked, refused] = [0, 0];
  const client = async () => {
    while (performance.now() < untilMs) {
      const seed = asked++;
      const code = await net.ask({ maxTokens: 1, seed }).then(
        () => 'OK',
        (error: { code: string }) => error.code,
      );
      if (code === 'OK') continue;
      if (code !== 'TOO_MANY_REQUESTS') throw new Error(`request ${seed}: ${code}`);
      refused += 1;
      await net.runtime.sleep(200);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { asked: asked - refused, refused };
}

/** Tasks that were judged, and the memory of the process, at the end of each half. */
async function measure(net: World, say: (line: string) => void): Promise<Row[]> {
  const head = () => net.chain.head();
  let [approved, rejected] = [0, 0];
  net.chain.onBlock(({ result }) => {
    for (const { type } of result.events) {
      if (type === 'taskApproved') approved += 1;
      if (type === 'taskRejected') rejected += 1;
    }
  });
  const rows: Row[] = [];
  for (let half = 1; half <= halves; half++) {
    const [startMs, before] = [performance.now(), approved];
    say(`half ${half} of ${halves}`);
    const { asked, refused } = await storm(net, startMs + measuredMs / halves);
    const rate = (1000 * (approved - before)) / (performance.now() - startMs);
    const memory = Math.round(process.memoryUsage().rss / mebibyte);
    const kept = `${head().openAudits.size} open audits, ${head().tasks.length} tasks kept, ${memory} MiB`;
    rows.push({ who: `half ${half}`, value: rate, note: `${asked} answered, ${refused} refused; ${kept}` });
  }
  await net.until(() => [...head().tasks].every(({ status }) => status >= 'approved'));
  const strikes = [...head().validators].reduce((sum, row) => sum + row.strikes, 0);
  if (rejected > 0 || strikes > 0) throw new Error(`${rejected} tasks were refunded, ${strikes} turns were missed`);
  return [
    ...rows,
    { who: 'refunded', value: rejected, note: `of ${approved}; turns missed by validators: ${strikes}` },
  ];
}

export const bench: Bench = {
  id: 13,
  title: `Audits at rate 1: one-token requests of ${clients} clients for ${measuredMs / 1000} s, simulated engines`,
  unit: 'tasks/s',
  target: '20 tasks/s, nothing refunded, memory and rate as in the first half',
  compared: false,
  async run(say) {
    useNativeHasher();
    const audit = { ...devnetParams.audit, newMinerTasks: 1_000_000 };
    const net = await World.open({
      seed: 1,
      miners: 3,
      plantsOneIn: 0,
      params: { audit, blockTimeMs: 100, batchMs: 20 },
      ways: nextDoor,
      modelOf: () => new SimulatedModel('registered'),
    });
    try {
      await net.start();
      net.live();
      return await measure(net, say);
    } finally {
      await net.end();
    }
  },
};
