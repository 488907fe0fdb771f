/** So many per window and key; forgets keys whose window is over. */
export function makeRateLimit(limit: number, windowMs: number): (key: string) => boolean {
  const windows = new Map<string, { endsAt: number; count: number }>();
  return (key) => {
    const now = performance.now();
    const window = windows.get(key);
    if (window && window.endsAt > now) return ++window.count <= limit;
    // Strangers can make keys at no cost, so the table must not grow with them.
    if (windows.size > 10_000) {
      for (const [other, { endsAt }] of windows) if (endsAt <= now) windows.delete(other);
      if (windows.size > 10_000) return false;
    }
    windows.set(key, { endsAt: now + windowMs, count: 1 });
    return limit >= 1;
  };
}
