/** The text of option `name` as a whole number. Errors: it is none, or not from `least` to `most`. */
export function wholeOption(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  throw new Error(`--${name} must be a whole number, ${range}, not ${text}`);
}
