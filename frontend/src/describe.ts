// What a message means, in plain words, made by the device from the message that it signs.
import type { Summary } from "./confirm-dialog";
import { money, moment, text } from "./texts";
import type { Message } from "./typed-data";

const whole = (value: unknown): bigint => BigInt(value as string | number);
const time = (value: unknown): string => moment(Number(whole(value)));

type Facts = Summary["facts"];

const FACTS: Record<string, (message: Message) => Facts> = {
  order: (message) => [
    [text("quantity"), `${message.quantity}`],
    [text("you_pay_now"), money(message.amount as number)],
  ],
  offer: (message) => [
    ...(message.ladder as Message[]).map((step): [string, string] => [
      text("price_from_units", { units: String(step.units_min) }),
      money(step.price as number),
    ]),
    [text("stock"), `${message.stock_cap}`],
    [text("leader_share"), share(message.leader_bps)],
    ...(message.payees as Message[]).map((payee): [string, string] => [text("payee_share"), share(payee.share_bps)]),
  ],
  group: (message) => [
    [text("units_min"), `${message.units_min}`],
    [text("closes_at"), time(message.closes_at)],
    [text("deliver_by"), time(message.deliver_by)],
  ],
  withdraw: (message) => [[text("amount"), money(message.amount as number)]],
  open_case: (message) => [
    [text("case_kind"), text(Number(message.kind) === 1 ? "case_return" : "case_claim")],
    [text("asked"), money(message.asked as number)],
  ],
  answer_case: (message) => [[text("answer"), text(message.accepted === true ? "answer_accept" : "answer_reject")]],
  rule_case: (message) => [[text("award"), money(message.award as number)]],
};

function share(bps: unknown): string {
  return `${Number(whole(bps)) / 100}%`;
}

export function describe(kind: string, message: Message): Summary {
  return { title: text(`sign_${kind}`), facts: FACTS[kind]?.(message) ?? [], action: text(`do_${kind}`) };
}
