import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, RunningNetwork, receiptIdOf, taskWith, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
afterAll(() => directory.remove());

describe.each(['competition', 'useful-work'])('a network under the preset %s', (preset) => {
  let network: RunningNetwork;
  beforeAll(async () => {
    network = await RunningNetwork.start({ dataDir: join(directory.path, preset), args: ['--preset', preset] });
  });
  afterAll(() => network.kill());

  const command = async (...words: string[]) => {
    const { code, out } = await assay([...words, '--json', '--data', network.dataDir]);
    return { code, answer: JSON.parse(out) };
  };

  it('answers a prompt, pays for it at the end of an epoch, and explains both', async () => {
    const [model] = (await network.openai.models.list()).data;
    const answer = await network.openai.chat.completions.create({
      model: model?.id ?? '',
      messages: [{ role: 'user', content: 'Name a colour.' }],
      max_tokens: 12,
    });
    const task = await taskWith(network, receiptIdOf(answer), ({ paidEpoch }) => paidEpoch !== null);
    const selection = await command('explain', 'selection', task.taskId);
    expect(selection).toMatchObject({ code: 0, answer: { result: { miner: task.miner, followsDraw: true } } });
    const { operator } = await network.client.getMiner(task.miner);
    const payout = await command('explain', 'payout', operator, String(task.paidEpoch));
    expect(payout.code).toBe(0);
    const { payouts } = payout.answer.result as {
      payouts: { source: string; units: string; recomputedUnits: string }[];
    };
    for (const { units, recomputedUnits } of payouts) expect(recomputedUnits).toBe(units);
    // Three quarters of the price are the miners', half of that its operator's; rounding decides about one base unit.
    const revenue = payouts.filter(({ source }) => source === 'revenue').map(({ units }) => BigInt(units));
    const exact = (BigInt(task.priceUnits) * 3n) / 8n;
    expect([exact, exact + 1n]).toContain(revenue.reduce((sum, units) => sum + units, 0n));
    expect(await command('replay')).toMatchObject({ code: 0 });
  }, 60_000);

  it('takes transactions from the command line, and says what they caused or why not', async () => {
    const transfer = await command('tx', 'transfer', '--to', 'owner-1', '--amount', '12.5');
    expect(transfer).toMatchObject({ code: 0, answer: { kind: 'transfer', code: 'OK', events: [] } });
    const [owner] = (await command('balance')).answer.accounts.filter(
      ({ name }: { name: string }) => name === 'owner-1',
    );
    expect(BigInt(owner.balanceUnits)).toBeGreaterThanOrEqual(12_500_000_000n);
    expect(await command('tx', 'delegate', '--miner', '0', '--amount', '5')).toMatchObject({ code: 0 });
    const dry = await command('tx', 'closeSession', '--session', '0', '--from', 'session', '--dry-run');
    expect(dry).toMatchObject({ code: 5, answer: { code: 'CANNOT_PAY_FEE', dryRun: true, events: [] } });
    const proposed = await command('tx', 'propose', '--set', 'emissionPerDayUnits=43200000000');
    expect(proposed.answer.events).toMatchObject([{ type: 'proposed', proposal: 0 }]);
    const refused = await command('tx', 'closeSession', '--session', '9');
    expect(refused).toMatchObject({ code: 5, answer: { error: { code: 'UNKNOWN_SESSION', exitCode: 5 } } });
  }, 60_000);
});
