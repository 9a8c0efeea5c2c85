"""What an operator asks about a rubric before it is switched on: does it agree with people, and what will it cost?"""
