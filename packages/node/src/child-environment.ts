/** What a program needs of the environment to find its files, its language, its network and its graphics card. */
const names: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'TMP', 'TEMP', 'LD_LIBRARY_PATH', 'VIRTUAL_ENV'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  ...['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'PATHEXT', 'PREFIX', 'SNAP'],
]);
const prefixes = [
  'LC_',
  'XDG_',
  'SSL_',
  'PIP_',
  'PYTHON',
  'PYENV_',
  'GGML_',
  'LLAMA_',
  'NODE_LLAMA_CPP_',
  'CUDA_',
  'OMP_',
];

/**
 * §16.8 The environment of a child process: what it needs of ours, by name, and `more`. Passphrases, API keys and
 * whatever else lies in ours stay here.
 */
export function childEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(([name]) => {
    const upper = name.toUpperCase();
    return names.has(upper) || prefixes.some((prefix) => upper.startsWith(prefix));
  });
  return { ...Object.fromEntries(passed), ...more };
}
