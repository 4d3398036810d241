"""The demo organisation 安居电器: invented people and believable cases in every state.

Its past is lived through the real actions with the clock moved by hand, so it obeys every rule.
"""
