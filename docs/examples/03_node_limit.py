"""What does node-limited routing gain? Bytes and time of DeepSeek-V3's dispatch and combine at EP64."""

from traffic.moe import report


def main() -> dict[int, float]:
    found = report(ep=64)
    print("hosts at most   hosts visited   copies on the network   exchange  slower leg")
    for row in found["by_limit"]:
        print(
            f"{row['node_limit']:13} {row['hosts_per_token']:15.3f} {row['remote_copies']:23.3f}"
            f" {row['exchange_s'] * 1e3:8.2f} ms  {row['bound_by']}"
        )
    print(f"limit 4 against none: {found['gain_worst_case']:.0f}x at worst, {found['gain_expected']:.2f}x on average")
    return {row["node_limit"]: row["hosts_per_token"] for row in found["by_limit"]}


if __name__ == "__main__":
    main()
