import type { Attack } from '@assay/node/host/build-roles';
import { protocols } from '@assay/roles/context';
import { peerIdOf } from '@assay/roles/ports/network';
import { opening } from '../opening.ts';

/** A mixer whose clock goes at another pace while it measures the line of the first miner. */
export function lyingAbout(pace: number): Attack {
  return (member) => {
    const { context } = member.equipment;
    const { runtime, chain } = context;
    let measuring = 0;
    let realMs = runtime.monotonicMs();
    let toldMs = realMs;
    const monotonicMs = () => {
      const nowMs = runtime.monotonicMs();
      toldMs += (nowMs - realMs) * (measuring > 0 ? pace : 1);
      realMs = nowMs;
      return Math.floor(toldMs);
    };
    const equipment = { ...member.equipment, context: { ...context, runtime: { ...runtime, monotonicMs } } };
    return opening({ ...member, equipment }, (open) => async (peer, protocol) => {
      const miner = chain.head().miners.get(0);
      const isLine = protocol === protocols.ping || protocol === protocols.data;
      const stream = await open(peer, protocol);
      if (!isLine || miner === undefined || peerIdOf(miner) !== peer) return stream;
      monotonicMs();
      measuring += 1;
      let isOver = false;
      return {
        send: (message) => stream.send(message),
        messages: stream.messages,
        close: () => stream.close(),
        abort: (unreadable) => {
          monotonicMs();
          if (!isOver) measuring -= 1;
          isOver = true;
          stream.abort(unreadable);
        },
      };
    });
  };
}
