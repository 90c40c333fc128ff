import { openStore } from './store.ts';

// Run as a process of its own under a limit on the size of files: writes until the disk takes no more, then says why.
const [dir = ''] = process.argv.slice(2);
const store = await openStore({ dir, genesisHash: new Uint8Array(32) });
const memory = store.roleStore('filler');
let kept = 0;
let failure = '';
while (failure === '') {
  memory.put(`row ${kept}`, new Uint8Array(100_000).fill(kept));
  await memory.flushed().then(
    () => kept++,
    (error: { code: string }) => {
      failure = error.code;
    },
  );
}
await store.close();
process.stdout.write(`${JSON.stringify({ code: failure, kept })}\n`);
