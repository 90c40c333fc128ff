import { Attestation, BatchOffer, type Ref } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { SimulatedRuntime } from '../../simulated/runtime.ts';
import { OfferQueue } from './offer-queue.ts';

const offerOf = (mixer: Ref<'mixers'>, count: number): BatchOffer => {
  const { header } = BatchOffer.defaultValue();
  return {
    header: { ...header, mixer },
    attestations: Array.from({ length: count }, () => Attestation.defaultValue()),
  };
};

function started() {
  const runtime = new SimulatedRuntime({ seed: 1 });
  const queue = new OfferQueue(runtime);
  const turns: string[] = [];
  const offer = (mixer: Ref<'mixers'>, count: number, epoch = 0) =>
    queue.turn(offerOf(mixer, count), epoch).then((isTurn) => turns.push(`${mixer}: ${isTurn ? count : 'no turn'}`));
  return { turns, offer, all: () => runtime.pass(1) };
}

describe('offers that wait for their check (§14.1.3)', () => {
  it('begin with the mixer of whom least was checked, however many another sends', async () => {
    const { turns, offer, all } = started();
    void offer(3, 800);
    await all();
    void offer(3, 700);
    void offer(1, 20);
    void offer(2, 10);
    await all();
    void offer(3, 1);
    void offer(1, 30);
    void offer(2, 30);
    await all();
    expect(turns).toEqual(['3: 800', '2: 10', '1: 20', '3: 700', '1: 30', '2: 30', '3: 1']);
  });

  it('are one of each mixer, the newest', async () => {
    const { turns, offer, all } = started();
    void offer(1, 10);
    void offer(1, 20);
    await all();
    expect(turns).toEqual(['1: no turn', '1: 20']);
  });

  it('begin anew with an epoch', async () => {
    const { turns, offer, all } = started();
    void offer(1, 800);
    await all();
    void offer(1, 1, 1);
    void offer(2, 2, 1);
    await all();
    expect(turns).toEqual(['1: 800', '1: 1', '2: 2']);
  });

  it.each([
    [800, 1],
    [0, 14],
  ])('of %i without end hold up one of another by %i, however little was checked before', async (count, most) => {
    const { turns, offer, all } = started();
    for (let offers = 0; offers < 6; offers++) {
      void offer(1, 800);
      await all();
    }
    turns.length = 0;
    const again = (): void => {
      if (turns.length < 30) void offer(3, count).then(again);
    };
    again();
    void offer(1, 20);
    for (let passed = 0; passed < 30; passed++) await all();
    expect(turns.slice(0, most + 1)).toContain('1: 20');
  });

  it('of many that offer as much as they may are no more than their share, and of nobody less', async () => {
    const { turns, offer, all } = started();
    const again = (mixer: Ref<'mixers'>, count: number): void => {
      if (turns.length < 200) void offer(mixer, count).then(() => again(mixer, count));
    };
    for (const mixer of [1, 2, 3, 4, 5]) again(mixer, 800);
    again(0, 20);
    await all();
    const places = turns.flatMap((turn, place) => (turn === '0: 20' ? [place] : []));
    // Ten of the small ones are as much as one of the others.
    expect(places.length).toBeGreaterThan(turns.length / 2);
    expect(Math.max(...places.map((place, index) => place - (places[index - 1] ?? -1)))).toBeLessThanOrEqual(6);
    expect(turns.filter((turn) => turn.startsWith('5')).length).toBeGreaterThan(10);
  });
});
