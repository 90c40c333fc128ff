import { taskStatuses, verdicts } from '@assay/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type Choose, SimulatedModel } from './simulated/model.ts';
import { SimulatedNetwork } from './simulated/network.ts';

let network: SimulatedNetwork | null = null;

afterEach(async () => {
  await network?.stop();
  network = null;
});

const registered = new SimulatedModel('registered');
const garbage = 'x'.charCodeAt(0);
const tokens = 40;
const never: Choose = ({ ids, sampling, step }) => registered.choice(ids, sampling, step);

/** A miner that writes what `choose` says and reports it as the registered model sees it; what its audits found. */
async function audited(choose: Choose, temperaturesMicro: readonly number[]) {
  const net = await SimulatedNetwork.start({
    miners: 1,
    modelOf: () => new SimulatedModel('registered', async () => {}, choose),
  });
  network = net;
  const asked: string[] = [];
  for (const [seed, temperatureMicro] of temperaturesMicro.entries()) {
    asked.push((await net.ask({ seed, temperatureMicro, maxTokens: tokens })).taskId);
    // One after the other, so that each verdict knows of those before.
    await net.until(() => asked.every((id) => (net.task(id)?.row.status ?? 0) >= taskStatuses.approved));
  }
  const found = asked.map((id) => net.task(id));
  return {
    verdicts: found.map((task) => task?.audit?.verdict),
    numbers: found.flatMap((task) => task?.audit?.auditors.map(({ numbers }) => numbers) ?? []),
    paid: found.filter((task) => task?.row.status !== taskStatuses.rejected).length,
  };
}

const [cold, warm] = [0, 1_000_000];

describe('work that was not done', () => {
  it('has nothing in common with an honest answer, which repeats to the letter', async () => {
    const { verdicts: given, numbers } = await audited(never, [cold, warm, 1_700_000, 300_000]);
    expect(new Set(given)).toEqual(new Set([verdicts.pass]));
    expect(numbers.every(({ choiceMismatches, argmaxMismatches }) => choiceMismatches + argmaxMismatches === 0)).toBe(
      true,
    );
  });

  it('is garbage with the right numbers beside it: hard at once (verification §2.6, §10.12)', async () => {
    const { verdicts: given, numbers, paid } = await audited(() => garbage, [cold, warm, cold, warm]);
    expect(new Set(given)).toEqual(new Set([verdicts.hard]));
    expect(numbers.every(({ t1Ppb }) => t1Ppb < 1000)).toBe(true);
    expect(paid).toBe(0);
  });

  it('is a kept answer to another prompt', async () => {
    const other = [...Buffer.from('another prompt')];
    const kept: Choose = ({ sampling, step }) => {
      const answer: number[] = [];
      while (answer.length <= step) answer.push(registered.choice([...other, ...answer], sampling, answer.length));
      return answer[step] ?? garbage;
    };
    const { verdicts: given } = await audited(kept, [cold, warm]);
    expect(given).toEqual([verdicts.hard, verdicts.hard]);
  });

  it('is an answer to the last words of the prompt', async () => {
    const short: Choose = ({ ids, sampling, step }) => registered.choice(ids.slice(3), sampling, step);
    const { verdicts: given } = await audited(short, [cold, warm]);
    expect(given).toEqual([verdicts.hard, verdicts.hard]);
  });

  it('is a beginning written beforehand with an honest end: soft once it comes again (verification §4.7)', async () => {
    const begun: Choose = (at) => (at.step < 3 ? garbage : never(at));
    const { verdicts: given, paid } = await audited(begun, [cold, warm, cold]);
    expect(given).toEqual([verdicts.pass, verdicts.soft, verdicts.soft]);
    expect(paid).toBe(1);
  });
});
