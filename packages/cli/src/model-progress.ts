import { type ResolvedModel, resolveModel } from '@assay/node/models/resolve';
import { LiveLine, progressText, type Terminal } from './terminal.ts';

const quietMs = 5000;

/** Resolves a model, and shows a person what is fetched and from where. Rejects like `resolveModel`. */
export async function resolveShown(
  nameOrPath: string | undefined,
  { home, terminal }: { readonly home: string; readonly terminal: Terminal },
): Promise<ResolvedModel> {
  const live = new LiveLine(terminal.note, quietMs);
  try {
    return await resolveModel(nameOrPath, {
      home,
      onProgress: ({ name, doneBytes, totalBytes }) => live.show(progressText(name, doneBytes, totalBytes)),
      onNotice: (sentence) => {
        live.end();
        terminal.note.write(`${sentence}\n`);
      },
    });
  } finally {
    live.end();
  }
}
