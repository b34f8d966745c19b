import assert from "node:assert/strict";
import { test } from "node:test";
import { Player, SHORT_US } from "../src/player";

/** A player whose frames come when the test says so. */
function made(at: number[], end: number, timed = true) {
  let now = 0;
  let next: ((now: number) => void) | null = null;
  const player = new Player(
    { at, end, timed },
    (callback) => {
      next = callback;
    },
    () => now,
  );
  const wait = (ms: number) => {
    now += ms;
    const callback = next;
    next = null;
    callback?.(now);
  };
  return { player, wait };
}

test("it moves with the time that passes, at its speed, and stops at the end", () => {
  const { player, wait } = made([100_000, 200_000], 250_000);
  player.play();
  assert.equal(player.position, 0);
  wait(100);
  assert.deepEqual([player.position, player.last], [100_000, 0]);
  player.speed = 2;
  wait(50);
  assert.deepEqual([player.position, player.last], [200_000, 1]);
  wait(1000);
  assert.deepEqual([player.position, player.playing], [250_000, false]);
});

test("a jump while nothing plays moves once, to where it was told", () => {
  const { player } = made([1, 2, 3], 3);
  const seen: number[] = [];
  player.listen(() => seen.push(player.position));
  player.jump(2);
  assert.deepEqual([player.position, seen], [2, [2]]);
  player.jump(99);
  assert.equal(player.position, 3);
  player.jump(Number.NaN);
  assert.equal(player.position, 3);
});

test("steps go from event to event, and before the first", () => {
  const { player } = made([10, 20, 30], 30);
  const went = [-1, -1, -1, 1].map((by) => {
    player.step(by);
    return player.position;
  });
  assert.deepEqual(went, [20, 10, 0, 10]);
});

test("waits are cut short where that is wanted", () => {
  const { player, wait } = made([0, 10_000_000], 10_000_000);
  player.skipWaits = true;
  player.play();
  wait(10);
  assert.equal(player.position, 10_000_000 - SHORT_US);
});

test("without times it counts events", () => {
  const { player, wait } = made([1, 2, 3], 3, false);
  player.play();
  wait(60);
  assert.equal(player.last, 0);
});
