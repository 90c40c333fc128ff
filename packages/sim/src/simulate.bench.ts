import { useNativeHasher } from '@assay/node/crypto/hasher';
import type { Bench } from '../../../bench/bench.ts';
import { simulate } from './simulate.ts';

const options = { seed: 7, miners: 50, minutes: Number(process.env.ASSAY_SIM_MINUTES ?? 2) };

export const bench: Bench = {
  id: 16,
  title: `A world in simulated time: ${options.miners} miners and their users for ${options.minutes} simulated minutes`,
  unit: '× real time',
  target: '100 × real time',
  compared: false,
  async run(say) {
    useNativeHasher();
    say('the world runs');
    const { speed, blocks, asked, answered, crashes } = await simulate(options);
    const note = `${blocks} blocks, ${answered} of ${asked} requests answered, ${crashes} crashes, in one thread`;
    return [{ who: 'simulated ÷ real', value: speed, note }];
  },
};
