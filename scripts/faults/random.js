'use strict';

/** A small generator (splitmix32), seeded by several values: the campaign's seed, its name and the number of a case. */
class Random {
  /** @param {...(number|string)} parts */
  constructor(...parts) {
    this.state = 0x9e3779b9;
    for (const part of parts) {
      for (const character of `${part}/`) this.state = Math.imul(this.state ^ character.codePointAt(0), 0x85ebca6b) ^ (this.state >>> 13);
    }
    this.next();
  }

  /** An integer in [0, 2³²). */
  next() {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state ^ (this.state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A number in [0, 1). */
  unit() {
    return this.next() / 2 ** 32;
  }

  /** An integer in [0, bound). */
  below(bound) {
    return Math.floor(this.unit() * bound);
  }

  chance(probability) {
    return this.unit() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** A permutation of 0, …, n − 1. */
  order(n) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

module.exports = { Random };
