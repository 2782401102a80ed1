"""What a result means in numbers: structure of a fabric, loads, times, fairness."""
