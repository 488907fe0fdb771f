/** `dense_Dense7` -> `dense_1`: tfjs counts layers globally, a Program must not depend on what ran before. */
export class LayerNames {
  private readonly names = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  of(tfjsName: string): string {
    const known = this.names.get(tfjsName);
    if (known !== undefined) return known;
    const automatic = /^([a-z0-9_]+)_[A-Z][A-Za-z0-9]*?\d+$/.exec(tfjsName);
    let name = tfjsName;
    if (automatic?.[1]) {
      const count = (this.counts.get(automatic[1]) ?? 0) + 1;
      this.counts.set(automatic[1], count);
      name = `${automatic[1]}_${count}`;
    }
    this.names.set(tfjsName, name);
    return name;
  }

  /** `dense_Dense7/kernel` -> `dense_1/kernel`. */
  ofWeight(originalName: string): string {
    const cut = originalName.indexOf('/');
    return cut < 0 ? this.of(originalName) : `${this.of(originalName.slice(0, cut))}${originalName.slice(cut)}`;
  }
}
